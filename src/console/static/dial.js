// The slider shows its value while it moves, and asks for the new figures when it is let go.
"use strict";
document.addEventListener("input", (event) => {
  if (event.target.id === "dial") document.getElementById("dial-value").textContent = Number(event.target.value).toFixed(2);
});
document.addEventListener("change", (event) => {
  if (event.target.id === "dial") event.target.form.requestSubmit();
});
