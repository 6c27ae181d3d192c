// The room that a panel has for what it draws, inside of its frame and below its title; as `panel.css` has them.

/** Whether it is so low that little may stand around what is drawn. */
export const isLow = (height: number): boolean => height < 100;

export const bodyOf = (height: number, titled: boolean): number =>
  isLow(height)
    ? Math.max(12, height - 10 - (titled ? 20 : 0))
    : Math.max(40, height - 18 - (titled ? 28 : 0));
