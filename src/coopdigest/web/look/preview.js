(() => {
  const shown = document.body.dataset.version;
  const ask = async () => {
    try {
      const answer = await fetch("/version", { cache: "no-store" });
      document.body.classList.toggle("stopped", !answer.ok);
      if (answer.ok && (await answer.text()) !== shown) return location.reload();
    } catch {
      document.body.classList.add("stopped");
    }
    setTimeout(ask, 1000);
  };
  setTimeout(ask, 1000);
})();
