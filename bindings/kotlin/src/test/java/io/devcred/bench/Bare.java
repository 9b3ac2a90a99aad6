package io.devcred.bench;

/** An empty program: the baseline for the time of the first call. */
public final class Bare {
    private Bare() {}

    public static void main(String[] arguments) {}
}
