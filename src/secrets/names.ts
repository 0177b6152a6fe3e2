export const MARK = '<redacted>';

/** What the name of a secret has in it. `pass` counts at the end only: bypass and passive are others. */
export const SECRET_WORD = String.raw`(?:passw(?:or)?d|passphrase|pass(?![\w.-])|secret|token|credential|(?:access|private|api|encryption)[._-]?key)`;

const SECRET_NAME = new RegExp(SECRET_WORD, 'i');

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** A name that ends like this is about a secret and holds none: dfs.block.access.token.enable, ...password-file. */
const ABOUT =
  /(?:files?|paths?|dir|directory|location|class(?:es)?|impl|factory|providers?|managers?|enabled?|disabled?|types?|algorithm|interval|lifetime|length|size|count|timeout|mechanism|kind|expiry|expiration|max|min|allowed|required|renewer|service|ur[li]|endpoint|store|format|name|izer)$/i;

const NOTHING = /^(?:|true|false|yes|no|on|off|none|null|undefined|\*+|<redacted>|&lt;redacted&gt;|[$%@]\{[^{}]*\})$/i;
const NUMBER = /^[-+]?\d[\d.,_]*\s?(?:[a-z]{1,7}|%)?$/i;

/** Whose value is secret even if it is a number. */
const STRONG = /(?:passw(?:or)?d|passphrase|pass|secret)$/i;

const QUOTES = /^(["'])(.*)\1$/s;

/** Whether a value may be seen. @param name at least its end, from the secret word on */
export function isHarmless(name: string, value: string): boolean {
  const bare = value.trim().replace(QUOTES, '$2').trim();
  return ABOUT.test(name) || NOTHING.test(bare) || (NUMBER.test(bare) && !STRONG.test(name));
}

const KEY_STORE =
  /(?:\.(?:jks|jceks|bcfks|p12|pfx|keytab|keystore|truststore|ks|key)|(?:^|\/)id_(?:rsa|dsa|ecdsa|ed25519))$/i;

/** A file that is a secret as a whole. */
export function isKeyStore(path: string): boolean {
  return KEY_STORE.test(path);
}
