/**
 * Golden paths: Backstage's software templates (scaffolder.backstage.io/v1beta3), their forms, the
 * tasks that run them and the actions that tasks are made of. Features above contribute actions;
 * expressions are rendered in a process of their own, never here.
 */
@NullMarked
package dev.atelier.goldenpaths;

import org.jspecify.annotations.NullMarked;
