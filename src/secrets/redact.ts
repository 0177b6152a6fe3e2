import { isHarmless, isSecretName, MARK, SECRET_WORD } from './names.js';

/** How a text is to be understood. Logs are prose, where "name: value" is an ordinary sentence. */
export type TextFormat = 'xml' | 'properties' | 'json' | 'log';

export function formatOf(path: string, isConfig: boolean): TextFormat {
  if (/\.(?:xml|xsl|xslt)$/i.test(path)) return 'xml';
  if (/\.jsonl?$/i.test(path)) return 'json';
  return isConfig ? 'properties' : 'log';
}

/** Most text has nothing to hide, and is not looked at further. */
const SUSPICIOUS = new RegExp(`${SECRET_WORD}|authorization|://[^\\s/]{1,300}@|PRIVATE KEY`, 'i');

const VALUE = String.raw`[$%@]\{[^{}\s]*\}|"(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'|[^\s,;&"'<>)}\]\\]+`;
// Each begins at the secret word, never before: what stands before it in the name does not matter, and a search from the
// start of every word would take quadratic time.
const ASSIGNED = new RegExp(String.raw`(${SECRET_WORD}[\w.-]{0,80})((?:\\?["'])?[ \t]*=[ \t]*)(${VALUE})`, 'gi');
const JSON_PAIR = new RegExp(String.raw`(${SECRET_WORD}[\w.-]{0,80})("\s{0,20}:\s{0,20}")((?:[^"\\\r\n]|\\.)*)`, 'gi');
/** JSON in a string of JSON, as Hadoop's JMX has it. */
const ESCAPED_PAIR = new RegExp(
  String.raw`(${SECRET_WORD}[\w.-]{0,80})(\\"\s{0,20}:\s{0,20}\\")((?:[^"\\\r\n]|\\[^"])*)`,
  'gi',
);
const JSON_NAMED = new RegExp(
  String.raw`(${SECRET_WORD}[\w.-]{0,80})("\s{0,20},\s{0,20}"value"\s{0,20}:\s{0,20}")((?:[^"\\\r\n]|\\.)*)`,
  'gi',
);
/** "core-site:x.password=a b" as a whole string of JSON, as in a plan's settings. */
const JSON_SETTING = new RegExp(String.raw`(${SECRET_WORD}[\w.-]{0,80})(=)((?:[^"\\\r\n]|\\.)*)(?=")`, 'gi');
const SPOKEN = /(\b(?:password|passwd|passphrase|secret))(["']?:[ \t]*)("[^"\r\n]*"|'[^'\r\n]*'|[^\s,;"']+)/gi;
const OPTION =
  /((?:^|\s)--?(?:[\w-]{0,40}-)?(?:password|passwd|passphrase|secret|token))([ \t]+)("[^"\r\n]*"|'[^'\r\n]*'|[^\s"'-]\S*)/gim;
const HEADER = /((?:^|[^\w.-])(?:proxy-)?authorization)(["']?[ \t]*:[ \t]*["']?)(digest[^\r\n]*|[^\r\n"',;]+)/gim;
const USER_INFO = /([a-z][a-z0-9+.]{0,20}:\/\/[^\s:/@?#"'<>]{0,200}:)([^\s/"'<>]{1,200})(?=@)/gi;

const PROPERTY = new RegExp(
  String.raw`^([ \t]*[#!;]?[ \t]*(?:export[ \t]+)?["']?[\w.:-]{0,200}?${SECRET_WORD}[\w.-]{0,80})(["']?[ \t]*[=:][ \t]*)((?:[^\\\r\n]|\\(?:\r?\n|.))*)`,
  'gim',
);
const XML_PROPERTY = /<property\b[^>]*\/>|<property\b[\s\S]*?<\/property\s*>/gi;
const XML_NAME = /<name>\s*([^<]*?)\s*<\/name>|\bname\s*=\s*["']([^"']*)["']/i;
const XML_VALUE = /(<value>)([\s\S]*?)(<\/value>)|(\bvalue\s*=\s*["'])([^"']*)(["'])/gi;

const KEY_BODY = String.raw`(?:\s*(?:Proc-Type|DEK-Info):[^\r\n]*)*[A-Za-z0-9+/=\s\\]*`;
const PRIVATE_KEY = new RegExp(
  `(-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY-----)(${KEY_BODY})(-----END [A-Z0-9 ]{0,30}PRIVATE KEY-----)?`,
  'g',
);
const KEY_GOES_ON = new RegExp(`^(${KEY_BODY})(-----END [A-Z0-9 ]{0,30}PRIVATE KEY-----)?`);

/**
 * Replaces what is secret in a text, and counts the places. Texts are strings of single bytes (latin1): every rule is
 * about ASCII, so other bytes pass as they are, whatever their encoding.
 */
export class Redactor {
  readonly #format: TextFormat;
  readonly #mark: string;
  #inKey = false;
  places = 0;

  constructor(format: TextFormat) {
    this.#format = format;
    this.#mark = format === 'xml' ? '&lt;redacted&gt;' : MARK;
  }

  /** The text, or the next lines of it: a private key may go on from one to the next. */
  redact(lines: string): string {
    let text = this.#inKey ? this.#restOfKey(lines) : lines;
    if (!SUSPICIOUS.test(text)) return text;
    text = this.#privateKeys(text);
    if (this.#format === 'xml') text = this.#xmlProperties(text);
    if (this.#format === 'properties') text = this.#pairs(text, PROPERTY);
    if (this.#format === 'json') text = this.#pairs(this.#pairs(text, JSON_SETTING), JSON_NAMED);
    for (const rule of [JSON_PAIR, ESCAPED_PAIR, ASSIGNED, SPOKEN, OPTION, HEADER]) text = this.#pairs(text, rule);
    return text.replace(USER_INFO, (_, before: string) => before + this.#hide());
  }

  #pairs(text: string, rule: RegExp): string {
    return text.replace(rule, (all: string, name: string, between: string, value: string) => {
      if (isHarmless(name, value)) return all;
      const quote = /^["']/.exec(value)?.[0] ?? '';
      return name + between + quote + this.#hide() + quote;
    });
  }

  /** By property, since a value may stand before its name. */
  #xmlProperties(text: string): string {
    return text.replace(XML_PROPERTY, (property) => {
      const found = XML_NAME.exec(property);
      const name = found?.[1] ?? found?.[2] ?? '';
      if (!isSecretName(name)) return property;
      return property.replace(XML_VALUE, (all: string, ...groups: (string | undefined)[]) => {
        const [open, value, close, attribute, quoted, end] = groups;
        if (isHarmless(name, value ?? quoted ?? '')) return all;
        return (open ?? attribute ?? '') + this.#hide() + (close ?? end ?? '');
      });
    });
  }

  #privateKeys(text: string): string {
    return text.replace(
      PRIVATE_KEY,
      (all: string, begin: string, body: string, end: string | undefined, at: number) => {
        this.#inKey = end === undefined && at + all.length === text.length;
        if (body.trim() === '' && !this.#inKey) return all;
        return `${begin}\n${this.#hide()}\n${end ?? ''}`;
      },
    );
  }

  #restOfKey(text: string): string {
    const [all = '', , end] = KEY_GOES_ON.exec(text) ?? [];
    this.#inKey = end === undefined && all.length === text.length;
    return (end ?? '') + text.slice(all.length);
  }

  #hide(): string {
    this.places++;
    return this.#mark;
  }
}
