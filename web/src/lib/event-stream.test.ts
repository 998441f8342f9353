import { expect, test } from "vitest";
import { readStream } from "@/lib/event-stream";

const bodyOf = (pieces: string[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });

async function heard(pieces: string[]) {
  const found = [];
  for await (const said of readStream(bodyOf(pieces))) found.push(said);
  return found;
}

const STREAM = 'retry: 2718\nid: 1-a\n\n:\n\nid: 2-b\ndata: {"as_of":"2026-11-23T10:00:31.5Z"}\n\n';

test("ids, messages and comments, however they are cut", async () => {
  const whole = [{ retry: 2718 }, { id: "1-a" }, { id: "2-b" }, { data: '{"as_of":"2026-11-23T10:00:31.5Z"}' }];
  expect(await heard([STREAM])).toEqual([whole]);
  expect((await heard(STREAM.split(/(?:)/))).flat()).toEqual(whole);
  expect(await heard([STREAM.replaceAll("\n", "\r\n")])).toEqual([whole]);
});

test("every piece is a sign of life; what has no end is not said", async () => {
  const pieces = [":", "\n", "\ndata: é", "1\ndata: 2\n\nid: cut"];
  expect(await heard(pieces)).toEqual([[], [], [], [{ data: "é1\n2" }]]);
});
