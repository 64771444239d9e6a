// Takes files that are dropped anywhere on the zone as if they had been chosen, and
// sends them. Without a script the zone is a field of a form.
"use strict";
for (const zone of document.querySelectorAll("form.drop")) {
	const field = zone.querySelector("input[type=file]");
	let within = 0; // elements of the zone that what is dragged is over
	const over = change => { within = Math.max(0, within + change); zone.classList.toggle("over", within > 0) };
	zone.addEventListener("dragenter", e => { e.preventDefault(); over(1) });
	zone.addEventListener("dragleave", () => over(-1));
	zone.addEventListener("dragover", e => e.preventDefault());
	zone.addEventListener("drop", e => {
		e.preventDefault();
		over(-within);
		if (e.dataTransfer.files.length === 0) return; // a text, say
		field.files = e.dataTransfer.files;
		zone.requestSubmit();
	});
	zone.classList.add("live");
}
