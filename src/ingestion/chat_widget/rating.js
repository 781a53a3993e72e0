// The question at the end: how content the visitor is, from 1 to 5, and why if they like to say so.

/** `given(rating, comment)`, `later()`. Returns the form, and what shows and hides it. */
function createRating({ given, later }) {
  const marks = [1, 2, 3, 4, 5].map((rating) => mark(rating));
  const comment = make("textarea", { rows: "2", maxlength: "1000", id: "comment" });
  const send = make("button", { type: "submit", class: "plain strong" }, say("rate_send"));
  const form = make(
    "form",
    { class: "rating", hidden: true },
    make("fieldset", {}, make("legend", {}, say("rate")), make("div", { class: "marks" }, ...marks)),
    make("label", { for: "comment" }, say("comment")),
    comment,
    make("div", { class: "row" }, send, make("button", { type: "button", class: "plain", onclick: later }, say("later"))),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    given(Number(new FormData(form).get("mark")), comment.value.trim());
  });

  function show(wanted) {
    if (!wanted && !form.hidden) form.reset();
    form.hidden = !wanted;
  }

  return { form, show };
}

function mark(rating) {
  const input = make("input", { type: "radio", name: "mark", value: String(rating), required: true });
  return make("label", { class: "mark" }, input, make("b", {}, String(rating)), " ", make("span", {}, say(`rate_${rating}`)));
}
