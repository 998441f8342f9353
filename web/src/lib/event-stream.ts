// Server-sent events, read from a body: EventSource sends no headers, and so no token.

/** One block: what stands between two empty lines. */
export interface Block {
  id?: string;
  data?: string;
  retry?: number;
}

function readBlock(text: string): Block {
  const block: Block = {};
  for (const line of text.split(/\r\n|\r|\n/)) {
    const colon = line.indexOf(":");
    if (colon < 1) continue; // a comment, or nothing
    const value = line.slice(colon + 1).replace(/^ /, "");
    const field = line.slice(0, colon);
    if (field === "id") block.id = value;
    if (field === "data") block.data = block.data === undefined ? value : `${block.data}\n${value}`;
    if (field === "retry" && /^\d+$/.test(value)) block.retry = Number(value);
  }
  return block;
}

/** The blocks of a body as they come; `onBytes` is called for each piece, comments too. */
export async function* readBlocks(body: ReadableStream<Uint8Array>, onBytes: () => void): AsyncGenerator<Block> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      rest += decoder.decode(value, { stream: true });
      // a CR at the end may be half of a CRLF
      const blocks = rest.endsWith("\r") ? [rest] : rest.split(/\r\n\r\n|\n\n|\r\r/);
      rest = blocks.pop() ?? "";
      for (const text of blocks) yield readBlock(text);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
