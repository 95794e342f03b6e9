'use strict';

(function () {
	const text = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
	const code = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace';

	Redoc.init(window.purseDocument, {
		hideDownloadButtons: true, // the bar links to the document
		requiredPropsFirst: true,
		scrollYOffset: 'header.bar',
		theme: {
			typography: {
				fontFamily: text,
				headings: { fontFamily: text },
				code: { fontFamily: code },
			},
		},
	}, document.getElementById('view'));
})();
