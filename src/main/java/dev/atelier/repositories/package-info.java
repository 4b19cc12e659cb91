/**
 * Git repositories that the portal hosts: served over Git's smart HTTP protocol, shown as pages,
 * and written by features above through {@link dev.atelier.repositories.Repositories} and {@link
 * dev.atelier.repositories.Commits}. Repositories are bare; nothing of them is ever checked out,
 * and no hook is run.
 */
@NullMarked
package dev.atelier.repositories;

import org.jspecify.annotations.NullMarked;
