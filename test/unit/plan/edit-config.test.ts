import { describe, expect, test } from 'vitest';
import { type KeyedFormat, readValue, withValue } from '../../../src/plan/edit-config.js';
import { hadoopXml } from '../../../src/plan/hadoop-xml.js';
import { propertiesText } from '../../../src/plan/properties.js';

const RENDER = { 'hadoop-xml': hadoopXml, properties: propertiesText } as const;
const VALUES = ['2', '', ' a b ', '\x24{user.name}', `<a b="c">&amp; 'ü→𝄞' ]]>`, 'C:\\dir\\', '$& $1', '#!=:', 'x\ty'];

describe.each(['hadoop-xml', 'properties'] as const)('%s as it was rendered', (format) => {
  const render = RENDER[format];
  const base = [
    ['one', '1'],
    ['my.key', 'old'],
    ['three', '3'],
  ] as const;

  test.each(VALUES)('a new value %j is what a render would have written', (value) => {
    const changed = withValue(format, render(new Map(base)), 'my.key', value);
    expect(changed).toBe(render(new Map([...base, ['my.key', value]])));
    expect(readValue(format, changed ?? '', 'my.key')).toBe(value);
  });

  test.each(VALUES)('a new key with %j comes last, and goes again without a trace', (value) => {
    const text = render(new Map(base));
    const changed = withValue(format, text, 'my:own key', value) ?? '';
    expect(changed).toBe(render(new Map([...base, ['my:own key', value]])));
    expect(withValue(format, changed, 'my:own key', undefined)).toBe(text);
  });

  test('without anything in it', () => {
    const changed = withValue(format, render(new Map()), 'a', 'b') ?? '';
    expect(readValue(format, changed, 'a')).toBe('b');
    expect(readValue(format, changed, 'b')).toBeUndefined();
  });
});

describe('what people wrote stays, and is understood', () => {
  const xml = `<?xml version="1.0"?>
<!-- <property><name>a</name><value>comment</value></property> </configuration> -->
<configuration>
  <property><name>a</name><value>1</value></property>
  <property>
    <!-- <value>not this</value> -->
    <name> a </name>
    <value>2</value>
    <final>true</final>
    <description>why &amp; how</description>
  </property>
  <property><name>b</name></property>
  <property><name>c</name><value/></property>
</configuration>
`;

  test('XML: the last of a name, comments, other elements', () => {
    expect(['a', 'b', 'c', 'd'].map((key) => readValue('hadoop-xml', xml, key))).toEqual(['2', '', '', undefined]);
    expect(withValue('hadoop-xml', xml, 'a', '3')).toBe(xml.replace('<value>2<', '<value>3<'));
    expect(readValue('hadoop-xml', withValue('hadoop-xml', xml, 'b', 'x') ?? '', 'b')).toBe('x');
    expect(withValue('hadoop-xml', xml, 'c', 'x')).toBe(xml.replace('<value/>', '<value>x</value>'));
    const without = withValue('hadoop-xml', xml, 'a', undefined) ?? '';
    expect(readValue('hadoop-xml', without, 'a')).toBeUndefined();
    expect(without).toContain('<value>comment</value>');
    expect(readValue('hadoop-xml', without, 'b')).toBe('');
    expect(withValue('hadoop-xml', xml, 'd', 'x')).toMatch(
      /<name>d<\/name>\n {4}<value>x<\/value>\n {2}<\/property>\n<\/conf/,
    );
  });

  const properties = [
    '# a=comment',
    '! a=other',
    '  a : 1',
    'long = x\\',
    '   y\\\\',
    'a=2',
    'k\\ ey=v\\u00fc',
    'bare',
    '',
  ].join('\n');

  test('properties: separators, comments, long lines, escapes', () => {
    const read = (key: string): string | undefined => readValue('properties', properties, key);
    expect(['a', 'long', 'k ey', 'bare', 'y'].map(read)).toEqual(['2', 'xy\\', 'vü', '', undefined]);
    expect(withValue('properties', properties, 'a', '3')).toBe(properties.replace('a=2', 'a=3'));
    expect(withValue('properties', properties, 'long', 'z')).toBe(properties.replace('long = x\\\n   y\\\\', 'long=z'));
    expect(withValue('properties', properties, 'a', undefined)).toBe(
      properties.replace('  a : 1\n', '').replace('a=2\n', ''),
    );
    expect(withValue('properties', 'a=1', 'b', '2')).toBe('a=1\nb=2\n');
    expect(withValue('properties', 'a=1\r\nb=2\r\n', 'a', undefined)).toBe('b=2\r\n');
  });

  test.each(['', 'no XML', '<configuration/>'])('%j has no place for a property', (text) => {
    expect(withValue('hadoop-xml' satisfies KeyedFormat, text, 'a', 'b')).toBeUndefined();
  });
});
