// Renews what is marked data-live every two seconds, as long as somebody looks at the
// page and nothing of it has the focus.
"use strict";
const renew = async () => {
	const parts = [...document.querySelectorAll("[data-live]")];
	if (parts.length === 0 || document.hidden) return;
	const answer = await fetch(location.href);
	if (!answer.ok) return;
	const page = new DOMParser().parseFromString(await answer.text(), "text/html");
	for (const part of parts) {
		const now = page.getElementById(part.id);
		if (now && now.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) part.innerHTML = now.innerHTML;
	}
};
setInterval(() => renew().catch(() => {}), 2000); // an engine that has ended answers nothing
