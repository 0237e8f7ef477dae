// Swagger UI over our own OpenAPI document. No validator badge: it would call a foreign host.
const place = document.querySelector("[data-openapi]");
window.SwaggerUIBundle({
  url: place.dataset.openapi, domNode: place, validatorUrl: null, layout: "BaseLayout",
  presets: [window.SwaggerUIBundle.presets.apis, window.SwaggerUIBundle.SwaggerUIStandalonePreset].filter(Boolean),
});
