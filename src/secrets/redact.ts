import type { Range } from './detect.js';
import { isHarmless, isSecretName, MARK, SECRET_WORD } from './names.js';

/** How a text is to be understood. Logs are prose, where "name: value" is an ordinary sentence. */
export type TextFormat = 'xml' | 'properties' | 'json' | 'log';

export function formatOf(path: string, isConfig: boolean): TextFormat {
  if (/\.(?:xml|xsl|xslt)$/i.test(path)) return 'xml';
  if (/\.jsonl?$/i.test(path)) return 'json';
  return isConfig ? 'properties' : 'log';
}

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
const JSON_SETTING = new RegExp(String.raw`(${SECRET_WORD}[\w.-]{0,80})(=)((?:[^"\\\r\n]|\\.)*)`, 'gi');
const SPOKEN = /(\b(?:password|passwd|passphrase|secret|pwd))(["']?:[ \t]*)("[^"\r\n]*"|'[^'\r\n]*'|[^\s,;"']+)/gi;
/** "the password is hunter2", and not "the password is wrong": what passwords are said to be. */
const SAID =
  /(\b(?:password|passwd|passphrase|pwd))([ \t]+(?:(?:is|was)(?:[ \t]+set[ \t]+to)?|set[ \t]+to)[ \t]*:?[ \t]+)("[^"\r\n]*"|'[^'\r\n]*'|(?!(?:a|all|allowed|already|also|always|an|and|as|at|bad|being|blank|by|changed|configured|correct|created|default|defined|deprecated|different|disabled|empty|enabled|encrypted|equal|expected|expired|for|found|from|generated|given|hashed|hidden|ignored|in|incorrect|invalid|kept|loaded|long|longer|masked|missing|more|needed|never|no|not|now|null|of|ok|on|only|optional|or|passed|protected|provided|read|really|redacted|required|resolved|same|saved|sent|set|short|shorter|specified|still|stored|strong|taken|that|the|this|to|too|undefined|unknown|unset|used|valid|weak|what|wrong)\b)[^\s,;"']+)/gi;
/** Options with the value as the next word: --password, --pwd, keytool's -storepass. */
const OPTION =
  /((?:^|\s)--?(?:[\w-]{0,40}-)?(?:password|passwd|passphrase|pwd|(?:store|key)?pass|secret|token|api-key))([ \t]+)("[^"\r\n]*"|'[^'\r\n]*'|[^\s"'-](?:[^\s"]|"(?![\s,}\]]|$))*)/gim;
/** Programs that take it in a letter: -pX, -p X, -a X, -w X, -u USER:X. */
const MYSQL =
  /(\b(?:mysql|mariadb)[\w-]{0,40}(?![\w-])[^\r\n|;&]{0,300}?\s-p)()("[^"\r\n]*"|'[^'\r\n]*'|[^\s"'-](?:[^\s"]|"(?![\s,}\]]|$))*)/g;
const SSHPASS = /(\bsshpass\s+-p)([ \t]*)("[^"\r\n]*"|'[^'\r\n]*'|(?:[^\s"]|"(?![\s,}\]]|$))+)/g;
const REDIS = /(\bredis-cli\b[^\r\n|;&]{0,300}?\s-a)([ \t]+)((?:[^\s"]|"(?![\s,}\]]|$))+)/g;
const LDAP =
  /(\bldap(?:search|modify|add|delete|whoami|passwd)\b[^\r\n|;&]{0,300}?\s-w)([ \t]+)("[^"\r\n]*"|'[^'\r\n]*'|(?:[^\s"]|"(?![\s,}\]]|$))+)/g;
const CURL = /(\bcurl\b[^\r\n|;&]{0,300}?\s(?:-u|--user)[ =]?["']?[^\s:"']{1,100})(:)([^\s"']+)/g;
const HEADER =
  /((?:^|[^\w.-])(?:(?:proxy-)?authorization|x-[\w-]{0,40}(?:token|api-?key|auth-?key)|(?:private|api|auth)-(?:token|key)|(?:set-)?cookie))(["']?[ \t]*:[ \t]*["']?)(digest[^\r\n]*|[^\r\n"',]*hadoop\.auth="[^"\r\n]*"[^\r\n"',]*|[^\r\n"',;]+(?:;[ \t]*[\w.-]+=[^\r\n"',;]+)*)/gim;
/** With a digit in it: "Bearer authentication" is no token. */
const BEARER = /(\b(?:bearer|basic))([ \t]+)((?=[A-Za-z._~+/=-]*\d)[A-Za-z0-9._~+/-]{8,}=*)/gi;
/** The signature that makes Hadoop's cookie one: u=ann&p=ann&t=simple&e=1700000000000&s=... */
const HADOOP_COOKIE = /(\bu=[^\s&"]{1,200}&p=[^\s&"]{1,200}&t=[^\s&"]{1,60}&e=\d{1,20}&s)(=)([^\s"'&;]+)/g;
/** What signs a URL: of Azure, AWS and Google; a delegation token of WebHDFS. */
const SIGNED =
  /([?&](?:sig|signature|delegation|x-(?:amz|goog)-(?:signature|credential|security-token)))(=)([^\s&"'<>]+)/gi;
/** JSON Web Tokens, wherever they are. */
const WEB_TOKEN = /()()((?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,})/g;
const USER_INFO = /([a-z][a-z0-9+.]{0,20}:\/\/[^\s:/@?#"'<>]{0,200}:)([^\s/"'<>]{1,200})(?=@)/gi;

/**
 * What a rule cannot do without, in small letters: most text has none of it, and is not looked at further. Rules without
 * any need the name of a secret.
 */
const RULES: readonly (readonly [RegExp, ...string[]])[] = [
  [HEADER, 'authorization', 'cookie', '-token', 'api-key', 'apikey', 'auth-key', 'authkey', 'private-key'],
  [JSON_PAIR],
  [ESCAPED_PAIR],
  [ASSIGNED],
  [SPOKEN],
  [SAID],
  [OPTION],
  [MYSQL, 'mysql', 'mariadb'],
  [SSHPASS, 'sshpass'],
  [REDIS, 'redis-cli'],
  [LDAP, 'ldap'],
  [CURL, 'curl'],
  [BEARER, 'bearer', 'basic'],
  [HADOOP_COOKIE, '&p='],
  [SIGNED, 'sig=', 'signature=', 'delegation=', 'x-amz-', 'x-goog-'],
  [WEB_TOKEN, 'eyj'],
];

const PROPERTY = new RegExp(
  String.raw`^([ \t]*(?:[#!;][ \t]*)?(?:export[ \t]+)?["']?[\w.:-]{0,200}?${SECRET_WORD}[\w.-]{0,80})(["']?[ \t]*[=:][ \t]*)((?:[^\\\r\n]|\\(?:\r?\n|.))*)`,
  'gim',
);
// None goes beyond the next one of its kind: what is never closed would be searched to the end, again and again.
const XML_PROPERTY = /<property\b[^<>]*\/>|<property\b(?:(?!<property\b)[\s\S])*?<\/property\s*>/gi;
const XML_NAME = /<name>([^<]*)<\/name>|\bname\s*=\s*["']([^"']*)["']/i;
const XML_VALUE = /(<value>)((?:(?!<value>)[\s\S])*?)(<\/value>)|(\bvalue\s*=\s*["'])([^"']*)(["'])/gi;

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
  readonly #detect: (text: string) => readonly Range[];
  #inKey = false;
  places = 0;

  /** @param detect what finds secrets by what they look like, beside those that are found by their names; loadDetector() */
  constructor(format: TextFormat, detect: (text: string) => readonly Range[] = () => []) {
    this.#format = format;
    this.#detect = detect;
    this.#mark = format === 'xml' ? '&lt;redacted&gt;' : MARK;
  }

  /** The text, or the next lines of it: a private key may go on from one to the next. */
  redact(lines: string): string {
    let text = this.#inKey ? this.#restOfKey(lines) : lines;
    const low = text.toLowerCase();
    const isNamed = isSecretName(text);
    if (low.includes('private key')) text = this.#privateKeys(text);
    if (isNamed) {
      if (this.#format === 'xml') text = this.#xmlProperties(text);
      if (this.#format === 'properties') text = this.#pairs(text, PROPERTY);
      if (this.#format === 'json') text = this.#pairs(this.#pairs(text, JSON_SETTING), JSON_NAMED);
    }
    for (const [rule, ...words] of RULES) {
      if (words.length === 0 ? isNamed : words.some((word) => low.includes(word))) text = this.#pairs(text, rule);
    }
    if (low.includes('://')) text = text.replace(USER_INFO, (_, before: string) => before + this.#hide());
    return this.#detected(text);
  }

  #detected(text: string): string {
    let shown = '';
    let at = 0;
    for (const [from, to] of this.#detect(text)) {
      // It may have found what a rule of ours has seen to.
      if (text.slice(from, to).includes('redacted')) continue;
      shown += text.slice(at, from) + this.#hide();
      at = to;
    }
    return shown + text.slice(at);
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
      const name = (found?.[1] ?? found?.[2] ?? '').trim();
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
