// The bar on top of both pages: ?document=bank chooses what is shown. Sets
// window.purseDocument, the address of the chosen document, for the view's script.
'use strict';

(function () {
	const select = document.getElementById('document');
	const asked = new URLSearchParams(location.search).get('document') || '';
	for (const option of select.options) {
		if (option.value === asked) {
			option.selected = true;
		}
	}

	const search = select.value ? '?document=' + encodeURIComponent(select.value) : '';
	window.purseDocument = select.selectedOptions[0].dataset.url;
	document.getElementById('raw').href = window.purseDocument;
	for (const view of document.querySelectorAll('a.view')) {
		view.search = search;
	}

	select.addEventListener('change', function () {
		const chosen = select.value ? '?document=' + encodeURIComponent(select.value) : '';
		location.assign(location.pathname + chosen);
	});
})();
