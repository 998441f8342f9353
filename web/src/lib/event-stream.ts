// Server-sent events, read from a body: EventSource sends no headers, and so no token.
import { createParser } from "eventsource-parser";

/** Something that a stream says; an id and the data that stands with it come one after the other. */
export type Said = { id: string } | { data: string } | { retry: number };

/** What each piece of a body says as it comes: nothing, when it is a comment or not yet a whole line. */
export async function* readStream(body: ReadableStream<Uint8Array>): AsyncGenerator<Said[]> {
  let said: Said[] = [];
  const parser = createParser({
    onId: (id) => { said.push({ id }); },
    onEvent: ({ data }) => { said.push({ data }); },
    onRetry: (retry) => { said.push({ retry }); },
  });
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      const heard = said;
      said = [];
      yield heard;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
