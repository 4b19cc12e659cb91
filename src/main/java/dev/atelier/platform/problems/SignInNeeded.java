package dev.atelier.platform.problems;

/** Thrown when nobody is signed in, or a token is not good: 401, or the sign-in page for people. */
public final class SignInNeeded extends Problem {
    public SignInNeeded(String message) {
        super(401, "Sign in", message);
    }
}
