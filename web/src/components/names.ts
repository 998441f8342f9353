// What ids of payment methods and failure codes are called: by their names where they have any, else as they are, in words.
import type { Messages } from "@/lib/i18n/en";

/** Names of their owners, the same in every language. */
const BRANDS: Readonly<Record<string, string>> = {
  airtel_money: "Airtel Money", apple_pay: "Apple Pay", free_money: "Free Money", google_pay: "Google Pay", knet: "KNET",
  moov_money: "Moov Money", mpesa: "M-PESA", mtn_momo: "MTN MoMo", opay: "OPay", orange_money: "Orange Money",
  paypal: "PayPal", ussd: "USSD", wave: "Wave",
};

/** "card" by its name in the reader's language, "gift_card" as "Gift card"; what is no such id stays. */
export function humanize(id: string, names: Messages["names"]): string {
  const known = BRANDS[id] ?? (names as Readonly<Record<string, string | undefined>>)[id];
  if (known !== undefined || !/^[a-z0-9]+([_-][a-z0-9]+)*$/.test(id)) return known ?? id;
  const words = id.replace(/[_-]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
