/** The numbers from 0 up to `length`: registers of a tile, lanes of a register. */
export const range = (length: number): number[] => Array.from({ length }, (_, index) => index);
