/** Raised whenever a layer or a resolution made by older code must not be used again. */
export const driverVersion = 1;
