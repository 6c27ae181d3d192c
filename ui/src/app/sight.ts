// Who is in sight, and how wide: one observer for all that ask the same, as the browser works through each of them in every frame.
type Watch<Seen> = (element: Element, tell: (seen: Seen) => void) => () => void;

/** The part that an observer of the browser must play. */
type Observer = { observe: (element: Element) => void; unobserve: (element: Element) => void };

/** Shares an observer, which is made for the first who asks. */
const shared = <Seen>(make: (tell: (element: Element, seen: Seen) => void) => Observer): Watch<Seen> => {
  const told = new Map<Element, Set<(seen: Seen) => void>>();
  let observer: Observer | undefined;
  return (element, tell) => {
    observer ??= make((seen, what) => {
      for (const one of told.get(seen) ?? []) one(what);
    });
    const all = told.get(element) ?? new Set();
    told.set(element, all.add(tell));
    // Also who is watched already: only so the newcomer hears of it.
    if (all.size > 1) observer.unobserve(element);
    observer.observe(element);
    return () => {
      all.delete(tell);
      if (all.size) return;
      told.delete(element);
      observer?.unobserve(element);
    };
  };
};

const sight = (rootMargin: string): Watch<boolean> =>
  shared(
    (tell) =>
      new IntersectionObserver(
        (entries) => {
          for (const { target, isIntersecting } of entries) tell(target, isIntersecting);
        },
        { rootMargin },
      ),
  );

/** Tells whether an element is in the window. */
export const watchSight = sight("0px");

/** Tells whether an element is in the window, or will be after a little scrolling. */
export const watchNear = sight("300px");

/** Tells how wide the inside of an element is, before the browser paints, and without laying out the page to ask it. */
export const watchWidth: Watch<number> = shared(
  (tell) =>
    new ResizeObserver((entries) => {
      for (const { target, contentRect } of entries) tell(target, contentRect.width);
    }),
);
