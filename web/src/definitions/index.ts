import measures from "@/definitions/measures.json";

/** What a measure means: in plain words, and exactly as docs/concepts.md has it (a test compares them). */
export const definitions = measures;

export type Measure = keyof typeof measures;
