// The one-time code stands behind the # of the address, which browsers send to nobody.
const code = document.getElementById("code");
if (location.hash.length > 1) {
  code.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  document.getElementById("password").focus();
}
