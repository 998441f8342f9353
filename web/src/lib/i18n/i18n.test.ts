import { expect, test } from "vitest";
import { definitions } from "@/definitions";
import { en } from "@/lib/i18n/en";
import { fr } from "@/lib/i18n/fr";

/** What is the same word in both languages. */
const SAME = new Set(["Molam Connect", "Transactions", "Transaction", "Webhooks", "pt", "–", "Net", "Active", "Description", "Pages"]);

type Tree = Record<string, unknown>;

function* texts(left: Tree, right: Tree, path = ""): Generator<[string, unknown, unknown]> {
  for (const [key, value] of Object.entries(left)) {
    const [here, other] = [`${path}.${key}`, right[key]];
    if (typeof value === "object") yield* texts(value as Tree, other as Tree, here);
    else yield [here, value, other];
  }
}

test("every text is there in both languages, and translated", () => {
  for (const [path, english, french] of texts(en, fr)) {
    expect(typeof french, path).toBe(typeof english);
    if (typeof english !== "string") continue;
    expect(french, path).not.toBe("");
    if (!SAME.has(english)) expect(french, path).not.toBe(english);
  }
});

test("every definition is in both languages, with the same code in it", () => {
  const code = (text: string) => text.match(/`[^`]+`/g) ?? [];
  for (const [measure, { plain, exact }] of Object.entries(definitions)) {
    expect(plain.fr, measure).not.toBe(plain.en);
    expect(code(exact.fr), measure).toEqual(code(exact.en));
  }
});
