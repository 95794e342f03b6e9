'use strict';

SwaggerUIBundle({
	url: window.purseDocument,
	domNode: document.getElementById('view'),
	deepLinking: true,
	displayRequestDuration: true,
	persistAuthorization: false,
	presets: [SwaggerUIBundle.presets.apis],
	layout: 'BaseLayout',
	validatorUrl: null, // its default is a service on another host
});
