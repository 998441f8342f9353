// What ids of payment methods and failure codes are called: as they are, in words.

/** "mobile_money" as "Mobile money"; what is no such id stays. */
export function humanize(id: string): string {
  if (!/^[a-z0-9]+([_-][a-z0-9]+)*$/.test(id)) return id;
  const words = id.replace(/[_-]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
