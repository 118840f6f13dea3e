import { encode } from 'uqr';

interface QrCodeProps {
  text: string;
  /** What it is, for those who can't see it. */
  label: string;
}

/** A QR code as SVG: black on white also in the dark, as cameras expect it. */
export function QrCode({ text, label }: QrCodeProps) {
  const { size, data } = encode(text, { ecc: 'M', border: 3 });
  const path = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : []))).join('');
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="size-52 rounded-xl bg-white"
    >
      <path d={path} className="fill-black" />
    </svg>
  );
}
