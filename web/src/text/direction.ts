// Names of one direction of writing in sentences of the other.

const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}\p{Script=Hanifi_Rohingya}]/u;
const TURNS = /[\u202a-\u202e\u2066-\u2069]/gu;

/** Kept apart, so that it neither turns the words around it nor is turned by them. */
export function isolate(text: string): string {
  const plain = text.replace(TURNS, '');
  return RIGHT_TO_LEFT.test(plain) ? `\u2068${plain}\u2069` : plain;
}
