// Draws the API documentation from the platform's own OpenAPI document; nothing is asked of another host.

const place = document.getElementById("api");
const followTheme = () => document.documentElement.classList.toggle("dark-mode", document.documentElement.dataset.bsTheme === "dark");
new MutationObserver(followTheme).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
followTheme();
globalThis.SwaggerUIBundle({
  url: place.dataset.openapi,
  domNode: place,
  deepLinking: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  tryItOutEnabled: true,
});
