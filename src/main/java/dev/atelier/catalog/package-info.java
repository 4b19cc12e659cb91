/**
 * The catalog: entities in the Backstage envelope, their relations, the places they come from, and
 * what is wrong with those. Never knows what a model or a workspace is beyond its document;
 * features above contribute tabs, facts and actions, and publish entities of their own.
 */
@NullMarked
package dev.atelier.catalog;

import org.jspecify.annotations.NullMarked;
