// Shows the rows with a text, a speaker and an emotion. The table reads without it.
{
  const form = document.querySelector(".filters"), rows = [...document.querySelectorAll(".calls tbody tr")];
  const { text, speaker, emotion, count } = form.elements;
  const texts = new Map(rows.map((row) => [row, (row.cells[0].textContent + " " + row.dataset.speaker).toLowerCase()]));
  const show = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      row.hidden = !(words.every((word) => texts.get(row).includes(word))
        && (!speaker.value || row.dataset.speaker === speaker.value)
        && (!emotion.value || row.dataset.labels.split(" ").includes(emotion.value)));
    }
    const shown = rows.filter((row) => !row.hidden).length;
    count.value = shown === rows.length ? rows.length + " rows" : shown + " of " + rows.length + " rows";
  };
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const event of ["input", "change"]) form.addEventListener(event, show);
  show();
}
