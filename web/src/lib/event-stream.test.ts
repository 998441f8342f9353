import { expect, test, vi } from "vitest";
import { readBlocks } from "@/lib/event-stream";

const bodyOf = (pieces: string[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });

async function blocks(pieces: string[], onBytes = () => undefined) {
  const found = [];
  for await (const block of readBlocks(bodyOf(pieces), onBytes)) found.push(block);
  return found;
}

const STREAM = 'retry: 2718\nid: 1-a\n\n:\n\nid: 2-b\ndata: {"as_of":"2026-11-23T10:00:31.5Z"}\n\n';

test("blocks, comments and fields, however they are cut", async () => {
  const whole = [{ retry: 2718, id: "1-a" }, {}, { id: "2-b", data: '{"as_of":"2026-11-23T10:00:31.5Z"}' }];
  expect(await blocks([STREAM])).toEqual(whole);
  expect(await blocks(STREAM.split(/(?:)/))).toEqual(whole);
  expect(await blocks([STREAM.replaceAll("\n", "\r\n")])).toEqual(whole);
});

test("every piece is a sign of life; what has no end is no block", async () => {
  const onBytes = vi.fn();
  expect(await blocks([":", "\n", "\ndata: é", "1\ndata: 2\n\nid: cut"], onBytes)).toEqual([{}, { data: "é1\n2" }]);
  expect(onBytes).toHaveBeenCalledTimes(4);
});
