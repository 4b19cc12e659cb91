/**
 * Git hosts elsewhere, where golden paths put what they make: GitHub, GitLab and Gitea, asked
 * through their REST APIs and pushed to over Git's smart HTTP protocol. The portal's credential for
 * a host stays in here.
 */
@NullMarked
package dev.atelier.githosts;

import org.jspecify.annotations.NullMarked;
