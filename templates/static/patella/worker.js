// The form without a network. Keeps nothing by itself: what it may serve was put into the cache by keep.js, and that is
// one page without any answer in it, and its script and stylesheet. No page with a patient's words is ever cached.
"use strict";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const shell = async () => {
  const cache = await caches.open("patella");
  const keys = await cache.keys();
  return keys.find((each) => new URL(each.url).pathname.startsWith("/intake/offline/"));
};

const withoutNetwork = async (request) => {
  const { pathname } = new URL(request.url);
  const cached = await caches.match(request, { cacheName: "patella" });
  if (cached) return cached;
  const page = await shell();
  if (!page || request.mode !== "navigate") return Response.error();
  const found = pathname.match(/^\/intake\/step\/([a-z_]+)\/$/);
  const where = pathname === "/intake/review/" ? "at=review" : found ? `${request.method === "POST" ? "after" : "at"}=${found[1]}` : "";
  return Response.redirect(`${page.url}#${where}`, 302);
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  const isForm = request.mode === "navigate" && /^\/intake\/(step\/|review\/|continue\/|offline\/)/.test(pathname);
  const isPiece = request.method === "GET" && pathname.startsWith("/static/patella/");
  if (isForm || isPiece) event.respondWith(fetch(request).catch(() => withoutNetwork(request)));
});
