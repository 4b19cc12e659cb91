/** The page shell and the rules of the browser: layout, headers, cross-site defence, Markdown. */
@NullMarked
package dev.atelier.platform.web;

import org.jspecify.annotations.NullMarked;
