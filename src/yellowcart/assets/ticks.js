// A list with boxes to tick: one box ticks them all, and the button below says how many are ticked.

for (const all of document.querySelectorAll("[data-ticks-all]")) {
  const form = all.closest("form");
  const boxes = () => [...form.querySelectorAll("tbody input[type=checkbox]")];
  const show = () => {
    const ticked = boxes().filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === boxes().length;
    all.indeterminate = ticked > 0 && !all.checked;
    const number = form.querySelector("[data-ticked]");
    if (number) number.textContent = ticked ? String(ticked) : "";
  };
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    show();
  });
  form.addEventListener("change", (event) => { if (event.target !== all) show(); });
  show();
}
