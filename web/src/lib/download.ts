import { authorizedFetch } from "@/lib/api";

/** Saves a report under the name that the service gives it. Errors: ApiError. */
export async function download(path: string, parameters: Record<string, string | undefined>): Promise<void> {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const response = await authorizedFetch(`${path}?${new URLSearchParams(given).toString()}`);
  const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "report.csv";
  const url = URL.createObjectURL(await response.blob());
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => { URL.revokeObjectURL(url); }, 60_000);
}
