/** The database: where it is, how it is started when the portal brings its own. Owns no table. */
@NullMarked
package dev.atelier.platform.database;

import org.jspecify.annotations.NullMarked;
