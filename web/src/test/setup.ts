import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

// What waits, waits for as long as a busy machine takes.
configure({ asyncUtilTimeout: 20_000 });

// What Mantine asks of a browser and jsdom does not have.
vi.stubGlobal("matchMedia", (query: string) => ({
  matches: false, media: query, addEventListener: vi.fn(), removeEventListener: vi.fn(), addListener: vi.fn(), removeListener: vi.fn(),
}));
vi.stubGlobal("ResizeObserver", class { observe = vi.fn(); unobserve = vi.fn(); disconnect = vi.fn(); });
window.HTMLElement.prototype.scrollIntoView = vi.fn();

afterEach(() => {
  cleanup();
  localStorage.clear();
  sessionStorage.clear();
});
