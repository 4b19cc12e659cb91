/**
 * What a child process of the portal does to shut itself in, and the self-test that tries to get
 * out. Shared by the programs that the portal starts ({@code runner}, {@code rendering}); uses
 * nothing but the JDK. How such programs are started is in {@code platform.confinement}.
 */
@NullMarked
package dev.atelier.confinement;

import org.jspecify.annotations.NullMarked;
