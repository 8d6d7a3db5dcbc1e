// A list whose rows are checked: the box in its head checks all of the page, and what is checked is counted.

for (const form of document.querySelectorAll("[data-checking]")) {
  const whole = form.querySelector("[data-checks-all]");
  const boxes = [...form.querySelectorAll('tbody input[type="checkbox"]')];
  const told = form.querySelector("[data-checked-count]");

  const count = () => {
    const checked = boxes.filter((box) => box.checked).length;
    told.textContent = checked ? String(checked) : "";
    whole.checked = checked > 0 && checked === boxes.length;
    whole.indeterminate = checked > 0 && checked < boxes.length;
  };
  whole.addEventListener("change", () => {
    for (const box of boxes) box.checked = whole.checked;
    count();
  });
  form.addEventListener("change", count);
  count();
}
