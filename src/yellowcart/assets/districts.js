// Province, city and district as three selects, each of which narrows the next. The tree is read once and kept by
// the browser. Works for every [data-districts] of the page, also for those that are put in later.

let reading = null;

function tree(address) {
  reading ||= fetch(address).then((answer) => {
    if (!answer.ok) throw new Error(`districts: ${answer.status}`);
    return answer.json();
  }).catch((error) => { reading = null; throw error; });
  return reading;
}

const selectOf = (root, name) => root.querySelector(`select[data-address="${name}"]`);

/** Fills a select with names; `wanted` is chosen if it is among them, an only one is chosen by itself. */
function fill(select, names, wanted, words) {
  const empty = new Option(words, "", true, false);
  empty.disabled = true;
  select.replaceChildren(empty, ...names.map((name) => new Option(name, name)));
  select.value = names.includes(wanted) ? wanted : names.length === 1 ? names[0] : "";
  if (select.selectedIndex < 0) select.selectedIndex = 0;
  select.disabled = names.length === 0;
}

/** The city of a province that has the district; lists differ in what they call it, the districts are the same. */
function cityNamed(province, city, district) {
  const cities = province?.cities || [];
  return cities.find((each) => each.name === city)
    || cities.find((each) => district && Object.values(each.districts).includes(district));
}

function show(root, provinces, wanted) {
  const words = root.dataset.wordsChoose;
  fill(selectOf(root, "province"), provinces.map((each) => each.name), wanted.province, words);
  const province = provinces.find((each) => each.name === selectOf(root, "province").value);
  const city = cityNamed(province, wanted.city, wanted.district);
  fill(selectOf(root, "city"), (province?.cities || []).map((each) => each.name), city?.name, words);
  const chosen = province?.cities.find((each) => each.name === selectOf(root, "city").value);
  // A city without districts may be named as its own district.
  const names = chosen ? Object.values(chosen.districts) : [];
  if (chosen && wanted.district === chosen.name && !names.includes(chosen.name)) names.unshift(chosen.name);
  fill(selectOf(root, "district"), names, wanted.district, words);
}

async function enhance(root) {
  if (root.dataset.districtsReady) return;
  root.dataset.districtsReady = "yes";
  const wanted = {};
  for (const name of ["province", "city", "district"]) wanted[name] = selectOf(root, name)?.value || "";
  try {
    show(root, await tree(root.dataset.districts), wanted);
  } catch {
    delete root.dataset.districtsReady;
  }
}

function enhanceWithin(root) {
  if (root.matches?.("[data-districts]")) enhance(root);
  root.querySelectorAll?.("[data-districts]").forEach(enhance);
}

document.addEventListener("change", async (event) => {
  const select = event.target instanceof HTMLSelectElement && event.target;
  const root = select && select.closest("[data-districts]");
  const level = select && select.dataset.address;
  if (!root || level === "district") return;
  const wanted = { province: selectOf(root, "province").value };
  if (level === "city") wanted.city = select.value;
  show(root, await tree(root.dataset.districts), wanted);
});

new MutationObserver((changes) => {
  for (const change of changes) change.addedNodes.forEach(enhanceWithin);
}).observe(document.body, { childList: true, subtree: true });
enhanceWithin(document.body);
