/**
 * Who acts, what they may do, and what is written down about it: accounts, sessions, tokens, roles,
 * permissions, the audit log. One mechanism for pages and all APIs: {@link
 * dev.atelier.identity.Gate} stands before every route, {@link dev.atelier.identity.Access}
 * decides. Never knows what a feature does, nor runs any of it.
 */
@NullMarked
package dev.atelier.identity;

import org.jspecify.annotations.NullMarked;
