export const MARK = '<redacted>';

/**
 * What the name of a secret has in it. `pass` counts at the end only, bypass and passive are others; so does `pwd`.
 * Azure's fs.azure.account.key.ACCOUNT holds one, fs.azure.account.keyprovider.ACCOUNT does not.
 */
export const SECRET_WORD = String.raw`(?:passw(?:or)?d|passphrase|pass(?![\w.-])|pwd(?![a-z])|secret|token|credential|(?:access|private|api|encryption|account|storage|shared|signing)[._-]?key(?!provider))`;

const SECRET_NAME = new RegExp(SECRET_WORD, 'i');

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/**
 * A name that ends like this is about a secret, and holds none, as long as the value is what the name says: a.password.url
 * may be a place, and may be the password of a.url.
 */
const ABOUT: readonly (readonly [RegExp, RegExp])[] = [
  [/(?:ur[li]|endpoint|service)$/i, /^[a-z][a-z0-9+.-]*:|^\/|^[\w.-]+:\d{1,5}$/i],
  [/(?:files?|paths?|dir|directory|location|store)$/i, /[/\\]|^[\w-]+(?:\.[\w-]+)+$/],
  [/(?:class(?:es)?|impl|factory|providers?|managers?|izer)$/i, /^[\w$.]+(?:[\s,]+[\w$.]+)*$|[/\\]/],
  [
    /(?:enabled?|disabled?|types?|algorithm|interval|lifetime|length|size|count|timeout|mechanism|kind|expiry|expiration|max|min|allowed|required|renewer|format|name)$/i,
    /^/,
  ],
];

const NOTHING = /^(?:|true|false|yes|no|on|off|none|null|undefined|\*+|<redacted>|&lt;redacted&gt;|[$%@]\{[^{}]*\})$/i;
const NUMBER = /^[-+]?\d[\d.,_]*\s?(?:[a-z]{1,7}|%)?$/i;

/** Whose value is secret even if it is a number. */
const STRONG = /(?:passw(?:or)?d|passphrase|pass|pwd|secret)$/i;

const QUOTES = /^(["'])(.*)\1$/s;

/** Whether a value may be seen. @param name at least its end, from the secret word on */
export function isHarmless(name: string, value: string): boolean {
  const bare = value.trim().replace(QUOTES, '$2').trim();
  if (NOTHING.test(bare) || isWorkingFolder(name, bare)) return true;
  const about = ABOUT.find(([end]) => end.test(name));
  return about?.[1].test(bare) === true || (NUMBER.test(bare) && !STRONG.test(name));
}

/** PWD and OLDPWD of a process's environment. */
function isWorkingFolder(name: string, value: string): boolean {
  return /(?:^|\s|OLD)PWD$/.test(name) && value.startsWith('/');
}

const KEY_STORE =
  /(?:\.(?:jks|jceks|bcfks|p12|pfx|keytab|keystore|truststore|ks|key)|(?:^|\/)id_(?:rsa|dsa|ecdsa|ed25519))$/i;

/** A file that is a secret as a whole. */
export function isKeyStore(path: string): boolean {
  return KEY_STORE.test(path);
}
