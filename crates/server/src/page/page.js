// The page's one script: how many targets are up, and the answer to a query.
const ask = async (query) => {
  const answer = await fetch("/api/v1/query?" + new URLSearchParams({ query }));
  return answer.json();
};

const refresh = async () => {
  const up = await ask("sum(up)");
  const all = await ask("count(up)");
  const number = (answer) => answer.data?.result?.[0]?.value?.[1] ?? "0";
  document.getElementById("up").textContent = `${number(up)} / ${number(all)}`;
};

document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await ask(new FormData(event.target).get("query"));
  document.getElementById("answer").textContent = answer.error ?? JSON.stringify(answer.data.result, null, 1);
});

refresh();
setInterval(refresh, 5000);
