/** A value of evidence as text that cannot deceive: characters that do not show, or that turn the direction of others, stand as escapes. */
export function printed(value: unknown, indent = 2): string {
  const unseen = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
  return (JSON.stringify(value, null, indent) ?? '').replace(unseen, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`);
}
