import { describe, expect, it } from 'vitest';
import { runsOf, toSvg } from '../../../scripts/picture/svg.ts';

const ESC = '\u001b';

it('splits a line where its colours change, each run with its column', () => {
  expect(runsOf(`${ESC}[32m✔${ESC}[39m Node ${ESC}[1;2m4 s${ESC}[0m.`)).toEqual([
    { text: '✔', column: 0, classes: ['c2'] },
    { text: ' Node ', column: 1, classes: [] },
    { text: '4 s', column: 7, classes: ['b', 'd'] },
    { text: '.', column: 10, classes: [] },
  ]);
  expect(runsOf(`${ESC}[96mx`)).toEqual([{ text: 'x', column: 0, classes: ['c14'] }]);
});

describe('a picture', () => {
  const frames = [
    { atMs: 0, lines: ['$ ls'] },
    { atMs: 1500, lines: ['$ ls', '', '<a> & b'] },
  ];
  const svg = toSvg(frames, { columns: 10, rows: 5, title: 'ls', lastMs: 500 });

  it('plays its frames at their times', () => {
    expect(svg).toContain('@keyframes play{0%{transform:translateX(0px)}75%{transform:translateX(-116px)}}');
    expect(svg).toContain('animation:play 2000ms step-end infinite');
  });

  it('shows the last frame where nothing moves', () => {
    expect(svg).toContain('#film{transform:translateX(-116px)}');
  });

  it('writes a line once, however often it is shown, and no text as markup', () => {
    expect(svg.match(/>\$ ls</g)).toHaveLength(1);
    expect(svg).toContain('>&lt;a&gt; &amp; b<');
  });
});
