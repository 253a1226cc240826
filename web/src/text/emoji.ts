// One form for each emoji, by the rule of the server's crates/services/messaging/src/emoji.rs.
const PICTOGRAPH = /\p{Extended_Pictographic}/u;
const IN_COLOUR = /\p{Emoji_Presentation}/u;
const SKIN_TONE = /[\u{1f3fb}-\u{1f3ff}]/u;

/** Fully-qualified: with U+FE0F where the character alone is drawn as text. */
export function normalEmoji(text: string): string {
  const bare = [...text.replace(/[\ufe0e\ufe0f]/g, '')];
  return bare
    .map((char, index) => {
      const next = bare[index + 1] ?? '';
      const isText = PICTOGRAPH.test(char) && !IN_COLOUR.test(char) && !SKIN_TONE.test(next);
      return isText || next === '\u20e3' ? `${char}\ufe0f` : char;
    })
    .join('');
}
