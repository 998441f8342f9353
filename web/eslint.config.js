import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

// Layers: features know components and lib, components know lib, lib knows itself; no feature knows another.
const features = ["keys", "first-run", "overview", "sign-in", "transactions", "webhooks"];
const forbid = (...patterns) => ({
  "no-restricted-imports": ["error", { patterns: [{ group: patterns, message: "See the layers in eslint.config.js." }] }],
});

export default defineConfig(
  { ignores: ["dist", "docs", "node_modules", "scripts", "src/lib/api-types.ts"] },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked, jsxA11y.flatConfigs.strict, reactHooks.configs.flat.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "max-lines-per-function": ["error", { max: 75, skipBlankLines: true, skipComments: true }],
    },
  },
  { files: ["src/lib/**"], rules: forbid("@/app/*", "@/components/*", "@/features/*") },
  { files: ["src/components/**"], rules: forbid("@/app/*", "@/features/*") },
  ...features.map((feature) => ({
    files: [`src/features/${feature}/**`],
    rules: forbid("@/app/*", ...features.filter((other) => other !== feature).map((other) => `@/features/${other}/*`)),
  })),
  { files: ["**/*.test.{ts,tsx}"], rules: { "max-lines-per-function": "off" } },
);
