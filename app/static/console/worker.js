// Where there is no line, an opened page is answered by one page that says so. Nothing else is ever kept here: no page,
// no answer of the server, nothing of a person. `SHELF` (a name), `PAGE` and `ASSETS` (addresses) stand above.
const own = [PAGE, ...ASSETS].map((each) => new URL(each, self.location).href);
self.addEventListener("install", (event) => event.waitUntil((async () => {
  const shelf = await caches.open(SHELF);
  await shelf.addAll(own.map((each) => new Request(each, { credentials: "omit", cache: "reload" })));
  await self.skipWaiting();
})()));
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== SHELF) await caches.delete(name);
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
})()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate" && request.method === "GET") {
    event.respondWith((async () => {
      try { return (await event.preloadResponse) ?? (await fetch(request)); } catch { return (await caches.match(own[0])) ?? Response.error(); }
    })());
  } else if (own.slice(1).includes(request.url)) event.respondWith(fetch(request).catch(async () => (await caches.match(request.url)) ?? Response.error()));
});
