// The page is complete without this script. It opens what is folded before printing,
// and draws flame graphs again when they become visible.
addEventListener('beforeprint', () => {
  for (const d of document.querySelectorAll('details:not([open]):not(.flame)')) {
    d.open = true;
    d.dataset.printed = '';
  }
});
addEventListener('afterprint', () => {
  for (const d of document.querySelectorAll('details[data-printed]')) {
    d.open = false;
    delete d.dataset.printed;
  }
});
