// Where there is no line, an opened page is answered by the empty form that this device keeps sealed under its address, or
// by one page that says so. Nothing else is ever kept here: no page with a row, no answer of the server. What style and
// scripts an empty form needs it has put beside (blanks.js). `SHELF` (a name), `PAGE` and `ASSETS` (addresses) stand above.
const own = [PAGE, ...ASSETS].map((each) => new URL(each, self.location).href);
self.addEventListener("install", (event) => event.waitUntil((async () => {
  const shelf = await caches.open(SHELF);
  await shelf.addAll(own.map((each) => new Request(each, { credentials: "omit", cache: "reload" })));
  await self.skipWaiting();
})()));
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (![SHELF, "jg-assets"].includes(name)) await caches.delete(name);
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
})()));
const done = (request) => new Promise((good, bad) => { request.onsuccess = () => good(request.result); request.onerror = () => bad(request.error); });
async function blank(path) {                                  // as device.js has sealed it
  let base = null;
  try {
    base = await done(indexedDB.open("jg", 2));
    const row = (place, id) => done(base.transaction(place).objectStore(place).get(id));
    const found = await row("blanks", path), held = found && (await row("keys", `blank/${found.session}`));
    if (!held || Date.now() < held.seen - 120000 || Date.now() > held.until) return null;
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: found.iv, additionalData: new TextEncoder().encode(path) }, held.key, found.sealed);
    const { html, policy } = JSON.parse(new TextDecoder().decode(plain));
    return new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin" } });
  } catch { return null; } finally { base?.close(); }
}
self.addEventListener("fetch", (event) => {
  const { request } = event, { pathname } = new URL(request.url);
  if (request.mode === "navigate" && request.method === "GET") {
    event.respondWith((async () => {
      try { return (await event.preloadResponse) ?? (await fetch(request)); } catch { return (await blank(pathname)) ?? (await caches.match(own[0])) ?? Response.error(); }
    })());
  } else if (request.method === "GET" && pathname.startsWith("/static/")) event.respondWith(fetch(request).catch(async () => (await caches.match(request.url)) ?? Response.error()));
});
