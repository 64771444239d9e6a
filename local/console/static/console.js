// Renews what is marked data-live every two seconds, as long as somebody looks at the
// page and nothing of it has the focus.
"use strict";
const renew = async () => {
	const parts = [...document.querySelectorAll("[data-live]")];
	if (parts.length === 0 || document.hidden || document.body.classList.contains("past")) return;
	const answer = await fetch(location.href);
	if (!answer.ok) return;
	const page = new DOMParser().parseFromString(await answer.text(), "text/html");
	for (const part of parts) {
		const now = page.getElementById(part.id);
		if (now && now.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) part.innerHTML = now.innerHTML;
	}
};
setInterval(() => renew().catch(() => {}), 2000); // an engine that has ended answers nothing

// Tells which moment the slider is at, and goes there when it is let go.
const slider = document.querySelector("[data-travel]");
if (slider) {
	slider.addEventListener("input", () => {
		const moment = new Date(Number(slider.value)).toISOString().replace("T", " ").replace("Z", "");
		slider.setAttribute("aria-valuetext", moment);
		slider.labels[0].textContent = "To " + moment;
	});
	slider.addEventListener("change", () => slider.form.requestSubmit(slider.form.elements.to[0] || slider.form.elements.to));
}
